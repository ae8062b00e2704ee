import { channel } from "node:diagnostics_channel";
import type { FileStat } from "./file-stat.js";

/** A look that took longer than this, in milliseconds, was not answered from memory. */
const SLOW_MS = 1;
/** For how long what is known of a device counts, in milliseconds: its number may be given anew. */
const KNOWN_MS = 60_000;
/** Devices that are remembered. */
const MAX_DEVICES = 1024;

/** The numbers by which `statfs` names the file systems that answer a `stat` from memory. */
const LOCAL_TYPES: Partial<Record<NodeJS.Platform, ReadonlySet<number>>> = {
  linux: new Set([
    0xef53, // ext2, ext3, ext4
    0x58465342, // xfs
    0x9123683e, // btrfs
    0xf2f52010, // f2fs
    0x01021994, // tmpfs
    0x794c7630, // overlay
  ]),
  // macOS counts its file systems as they come, and the one that it starts from comes first.
  darwin: new Set([0x1a]), // APFS
};

/** Where each look that took too long is told, as a {@link SlowLook}. */
const slowLooks = channel("leaflog:slow-look");

/** What subscribers of the channel `leaflog:slow-look` are told. */
export interface SlowLook {
  readonly path: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** How many there have been in this process. */
  readonly count: number;
}

/** The calls that looks are made of. */
export interface LookCalls {
  readonly stat: (path: string) => Promise<FileStat>;
  readonly statSync: (path: string) => FileStat;
  /** The number of the type of a path's file system, as of `statfs`. */
  readonly typeOf: (path: string) => Promise<number>;
  /** Milliseconds; it never goes back. */
  readonly now: () => number;
}

interface Device {
  readonly isLocal: boolean;
  /** By `now`. */
  readonly until: number;
}

/**
 * Looks at paths, synchronous where that is answered from memory: on devices that are known to be
 * local, and as long as no two looks in a row take longer than a millisecond.
 */
export class LocalLooks {
  readonly #calls: LookCalls;
  readonly #localTypes: ReadonlySet<number>;
  readonly #devices = new Map<bigint, Device>();
  #slow = 0;

  constructor(calls: LookCalls, platform: NodeJS.Platform = process.platform) {
    this.#calls = calls;
    this.#localTypes = LOCAL_TYPES[platform] ?? new Set();
  }

  /** How many synchronous looks took longer than a millisecond. */
  get slow(): number {
    return this.#slow;
  }

  /**
   * A `stat`, whose answer is there at once where it may be.
   *
   * @param dev the device on which the path was found last
   */
  at(path: string, dev: bigint): FileStat | Promise<FileStat> {
    const known = this.#devices.get(dev);
    const askedAt = this.#calls.now();
    if (known === undefined || askedAt >= known.until) return this.#ask(path, dev);
    if (!known.isLocal) return this.#calls.stat(path);
    const first = this.#lookNow(path, askedAt);
    if (first !== undefined) return first;
    // Whatever stops this thread, another process or the collection of garbage, stops it in the
    // midst of a look now and then: a device that is slow is slow the next time, too.
    const second = this.#lookNow(path, this.#calls.now());
    if (second !== undefined) return second;
    this.#note(dev, { isLocal: false, until: this.#calls.now() + KNOWN_MS });
    return this.#calls.stat(path);
  }

  /** Undefined when it took longer than a millisecond. */
  #lookNow(path: string, askedAt: number): FileStat | undefined {
    let stat: FileStat | undefined;
    let failure: unknown;
    try {
      stat = this.#calls.statSync(path);
    } catch (error) {
      failure = error;
    }
    const ms = this.#calls.now() - askedAt;
    if (ms > SLOW_MS) this.#tellSlow(path, ms);
    else if (stat === undefined) throw failure;
    else return stat;
    return undefined;
  }

  #tellSlow(path: string, ms: number): void {
    this.#slow += 1;
    if (!slowLooks.hasSubscribers) return;
    slowLooks.publish({ path, ms, count: this.#slow } satisfies SlowLook);
  }

  /** Looks, and finds out whether the device is local. */
  async #ask(path: string, dev: bigint): Promise<FileStat> {
    // For who looks in the meantime.
    const unknown = { isLocal: false, until: this.#calls.now() + KNOWN_MS };
    this.#note(dev, unknown);
    const isLocal = await this.#calls.typeOf(path).then(
      (type) => this.#localTypes.has(type),
      () => false,
    );
    const stat = await this.#calls.stat(path);
    // The path was on that device before, and is now: so it was when its type was asked for.
    const isSettled = stat.dev === dev && this.#devices.get(dev) === unknown;
    if (isLocal && isSettled) this.#note(dev, { ...unknown, isLocal });
    return stat;
  }

  #note(dev: bigint, device: Device): void {
    if (this.#devices.size >= MAX_DEVICES) this.#devices.clear();
    this.#devices.set(dev, device);
  }
}
