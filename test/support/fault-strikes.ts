import { setTimeout as wait } from "node:timers/promises";
import type { FileStat } from "../../src/file/file-stat.js";
import type { FaultPort, Strike } from "./fault-port.js";
import { type PortCall, systemError } from "./intercepted-file-system.js";

/** The operation fails with the operating system's code and does nothing. */
export function failing(code: string): Strike {
  const fail = (port: FaultPort): never => {
    throw port.inject(systemError(code));
  };
  const later: Strike = async ({ name }, run, port) => {
    // Whatever close says, the descriptor is gone.
    if (name === "file.close") await run();
    return fail(port);
  };
  return Object.assign(later, {
    atOnce: (_call: PortCall, _run: unknown, port: FaultPort) => fail(port),
  });
}

/** A read hands out half of what it could, which is legal at any time. */
export const readingShort: Strike = async ({ args }, run) => {
  const [buffer, offset] = args as [Buffer, number];
  const read = (await run()) as number;
  const short = Math.ceil(read / 2);
  // What lies behind the count that a read resolves to means nothing.
  buffer.fill(0xff, offset + short, offset + read);
  return short;
};

/** A write takes a share of the bytes and says so. */
export function writingShort(share: number): Strike {
  return async ({ args }, run) => run([taken(args, share)]);
}

/** A write takes a share of the bytes and then fails. */
export function writingThenFailing(share: number, code: string): Strike {
  return async ({ args }, run, port) => {
    const part = taken(args, share);
    if (part.length > 0) await run([part]);
    throw port.inject(systemError(code));
  };
}

/** The disk goes bad in the middle of a write: a share of its bytes is taken, all else fails. */
export function dying(share: number, code: string): Strike {
  const torn = writingThenFailing(share, code);
  const failed = failing(code);
  const strike: Strike = (call, run, port) =>
    call.name === "file.write" ? torn(call, run, port) : failed(call, run, port);
  return Object.assign(strike, { atOnce: failed.atOnce });
}

/** The operation takes that many milliseconds more. */
export function lasting(ms: number): Strike {
  return async (_, run) => {
    await wait(ms);
    return run();
  };
}

/** Something happens right before the operation. */
export function preceded(by: () => void): Strike {
  const strike: Strike = (_, run) => {
    by();
    return run();
  };
  return Object.assign(strike, {
    atOnce: (_call: PortCall, run: () => FileStat) => {
      by();
      return run();
    },
  });
}

function taken(args: readonly unknown[], share: number): Buffer {
  const [buffer] = args as [Buffer];
  return buffer.subarray(0, Math.floor(buffer.length * share));
}
