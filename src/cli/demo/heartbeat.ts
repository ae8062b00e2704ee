/** Milliseconds between two beats. */
const BEAT_MS = 1;

/** What a watch over the event loop found, in milliseconds. */
export interface HeartbeatReport {
  /** The longest time that a beat came late. */
  readonly worstMs: number;
  /** The most that this process itself computed between two beats; the rest is others' doing. */
  readonly worstCpuMs: number;
}

/** Watches this process's event loop by a timer that should fire every millisecond. */
export class Heartbeat {
  #last = 0;
  #lastCpu = 0;
  #worst = 0;
  #worstCpu = 0;
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#last = performance.now();
    this.#lastCpu = cpuMs();
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  #beat(): void {
    const now = performance.now();
    const cpu = cpuMs();
    this.#worst = Math.max(this.#worst, now - this.#last - BEAT_MS);
    this.#worstCpu = Math.max(this.#worstCpu, cpu - this.#lastCpu);
    this.#last = now;
    this.#lastCpu = cpu;
  }

  /** Ends the watch. */
  stop(): HeartbeatReport {
    if (this.#timer) this.#beat();
    clearInterval(this.#timer);
    return { worstMs: this.#worst, worstCpuMs: this.#worstCpu };
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
