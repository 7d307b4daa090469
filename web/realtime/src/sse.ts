// Parser of `text/event-stream`, fed with text in whatever pieces it comes.

export interface Message {
  id: string | null;
  data: string;
}

export class EventStreamParser {
  private rest = "";

  feed(text: string): Message[] {
    const blocks = (this.rest + text).replaceAll("\r\n", "\n").split("\n\n");
    this.rest = blocks.pop() as string;
    return blocks.map(parse).filter((message) => message.data !== "");
  }
}

function parse(block: string): Message {
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field, value] = /^(\w*): ?(.*)$/.exec(line) ?? [];
    if (field === "id") id = value as string;
    else if (field === "data") data.push(value as string);
  }
  return { id, data: data.join("\n") };
}
