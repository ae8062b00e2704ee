import { once } from "node:events";
import { importPeer, peerPath } from "../harness/peers.js";
import type { WriterKind } from "./writer.js";

const KiB = 1024;

/**
 * How it is set up. Text in larger pieces than `tuned` makes it slower again, by two orders of
 * magnitude at 1 MiB; Buffers do not.
 */
const SETUPS = {
  "as it comes": {},
  tuned: { minLength: 12_000 },
  buffers: { contentMode: "buffer", minLength: 64 * KiB, maxWrite: 128 * KiB },
} as const;

interface SonicBoom extends NodeJS.EventEmitter {
  write(line: string | Buffer): boolean;
  end(): void;
}

interface SonicBoomModule {
  readonly default: new (options: object) => SonicBoom;
}

/**
 * sonic-boom acknowledges nothing. `awaited` waits for its `drain` after each line, the nearest
 * that it has to it; otherwise a line counts when it is handed over, and all of them have to be in
 * the file when it has ended.
 */
export function sonicBoomWriter(
  setup: keyof typeof SETUPS,
  options: { readonly awaited?: boolean } = {},
): WriterKind {
  const described = JSON.stringify(SETUPS[setup]).slice(1, -1);
  return {
    format: "lines",
    about: `sonic-boom ${described || setup}; acknowledges nothing`,
    open: async (file) => {
      const path = await peerPath("sonic-boom");
      const { default: SonicBoom } = await importPeer<SonicBoomModule>(path);
      const stream = new SonicBoom({ dest: file, sync: false, ...SETUPS[setup] });
      await once(stream, "ready");
      return {
        append: (message) => {
          const drained = options.awaited ? once(stream, "drain") : undefined;
          const line = `${JSON.stringify({ type: "message", message })}\n`;
          stream.write(setup === "buffers" ? Buffer.from(line) : line);
          return drained;
        },
        close: async () => {
          const closed = once(stream, "close");
          stream.end();
          await closed;
        },
      };
    },
  };
}
