// The alert: a two-tone call in a loop, until it is told to stop. Made by the device itself, so that it
// rings without a network.

const REPEAT_MS = 1_600;
const NOTES: readonly (readonly [pitch: number, after: number])[] = [
  [880, 0],
  [1174.7, 0.16],
  [880, 0.32],
  [1174.7, 0.48],
];

function newContext(): AudioContext | null {
  // #ifdef H5
  return globalThis.AudioContext ? new AudioContext() : null;
  // #endif
  // #ifndef H5
  return (uni as unknown as { createWebAudioContext?(): AudioContext }).createWebAudioContext?.() ?? null;
  // #endif
}

// A browser shakes its device only for a page that somebody has touched, and complains otherwise.
function wasTouched(): boolean {
  return typeof navigator === "undefined" || navigator.userActivation?.hasBeenActive !== false;
}

export class Ringer {
  isLoud: () => boolean = () => false;
  onChange: () => void = () => {}; // it may be heard now, or no longer
  private context: AudioContext | null = null;
  private timer: ReturnType<typeof setInterval> | null = null;

  get isEnabled(): boolean {
    return this.context?.state === "running";
  }

  get isRinging(): boolean {
    return this.timer !== null;
  }

  // Browsers let a page sound only after somebody has touched it: call this from a press of a button.
  async enable(): Promise<boolean> {
    const context = this.open();
    if (!context) return false;
    if (context.state !== "running") await context.resume().catch(() => {});
    return this.isEnabled;
  }

  // Where the device needs no press, or had one; a refusal is no error, and is told by `isEnabled`.
  tryToEnable(): void {
    this.open()?.resume().then(this.onChange, () => {});
  }

  private open(): AudioContext | null {
    if (this.context) return this.context;
    this.context = newContext();
    if (this.context) this.context.onstatechange = () => this.onChange();
    return this.context;
  }

  start(): void {
    if (this.timer !== null) return;
    this.call();
    this.timer = setInterval(() => this.call(), REPEAT_MS);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  // One call, heard once; also the test that somebody asks for.
  call(): void {
    if (wasTouched()) uni.vibrateLong({ fail() {} });
    const { context } = this;
    if (!context || !this.isEnabled) return;
    for (const [pitch, after] of NOTES) this.tone(context, pitch, context.currentTime + after);
  }

  private tone(context: AudioContext, pitch: number, at: number): void {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = "triangle";
    oscillator.frequency.value = pitch;
    gain.gain.setValueAtTime(0.0001, at);
    gain.gain.exponentialRampToValueAtTime(this.isLoud() ? 0.9 : 0.5, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.14);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + 0.15);
  }
}
