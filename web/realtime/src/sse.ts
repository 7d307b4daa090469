// Parser of `text/event-stream`, fed with text in whatever pieces it comes: the data of each message.

export class EventStreamParser {
  private rest = "";

  feed(text: string): string[] {
    const blocks = (this.rest + text).replaceAll("\r\n", "\n").split("\n\n");
    this.rest = blocks.pop() as string;
    return blocks.map(dataOf).filter((data) => data !== "");
  }
}

function dataOf(block: string): string {
  const lines = block.split("\n").map((line) => /^data: ?(.*)$/.exec(line)?.[1]);
  return lines.filter((line) => line !== undefined).join("\n");
}
