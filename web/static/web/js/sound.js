// The alert: a looped two-tone call made by the browser itself, until it is told to stop.

const REPEAT_MS = 1_600;
const NOTES = [
  [880, 0],
  [1174.7, 0.16],
  [880, 0.32],
  [1174.7, 0.48],
];

export class Ringer {
  constructor() {
    this.context = null;
    this.timer = null;
    this.isLoud = false;
  }

  get isEnabled() {
    return this.context?.state === "running";
  }

  get isRinging() {
    return this.timer !== null;
  }

  // Browsers let a page sound only after somebody has touched it: call this from a click.
  async enable() {
    this.context ??= new AudioContext();
    if (this.context.state !== "running") await this.context.resume();
    return this.isEnabled;
  }

  start() {
    if (this.timer !== null) return;
    this.call();
    this.timer = setInterval(() => this.call(), REPEAT_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
  }

  // One call, heard once; also the test that somebody asks for.
  call() {
    if (!this.isEnabled) return;
    navigator.vibrate?.([200, 100, 200]);
    for (const [pitch, after] of NOTES) this.tone(pitch, this.context.currentTime + after);
  }

  tone(pitch, at) {
    const oscillator = this.context.createOscillator();
    const gain = this.context.createGain();
    oscillator.type = "triangle";
    oscillator.frequency.value = pitch;
    gain.gain.setValueAtTime(0.0001, at);
    gain.gain.exponentialRampToValueAtTime(this.isLoud ? 0.9 : 0.5, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.14);
    oscillator.connect(gain).connect(this.context.destination);
    oscillator.start(at);
    oscillator.stop(at + 0.15);
  }
}
