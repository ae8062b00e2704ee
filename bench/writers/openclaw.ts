import { OPENCLAW_APPEND, OPENCLAW_BUILD } from "../harness/openclaw-build.js";
import { importPeer, peerFile, Unavailable } from "../harness/peers.js";
import type { WriterKind } from "./writer.js";

type Append = (params: { transcriptPath: string; message: object }) => Promise<unknown>;

const OLDEST_NODE = [22, 19] as const;

/** OpenClaw's own append: its lock, its queue, its search for the leaf. */
export const openClawWriter: WriterKind = {
  format: "transcript",
  about: `OpenClaw's ${OPENCLAW_APPEND}`,
  open: async (file) => {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
      throw new Unavailable(`openclaw needs Node ${OLDEST_NODE.join(".")}`);
    }
    const module = await importPeer<Record<string, Append>>(await peerFile(OPENCLAW_BUILD));
    const append = module[OPENCLAW_APPEND] as Append;
    return {
      append: (message) => append({ transcriptPath: file, message }),
      close: () => undefined,
    };
  },
};
