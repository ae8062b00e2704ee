import { importPeer, peerFile } from "../harness/peers.js";
import type { WriterKind } from "./writer.js";

/** The part of pi's session manager that is measured. */
export interface PiSession {
  appendMessage(message: object): string;
  getBranch(): unknown[];
  getEntries(): unknown[];
}

interface PiModule {
  readonly SessionManager: { open(path: string): PiSession };
}

const PATH = "node_modules/@mariozechner/pi-coding-agent/dist/core/session-manager.js";

/** By file: what the package exports is all of pi, terminal included. */
export async function loadPi(): Promise<PiModule["SessionManager"]> {
  const file = await peerFile(PATH);
  return (await importPeer<PiModule>(file)).SessionManager;
}

/** Pi reads a whole session when it opens it, and appends with appendFileSync. */
export const piWriter: WriterKind = {
  format: "transcript",
  about: "pi's SessionManager: all of the session in memory, fs.appendFileSync",
  open: async (file) => {
    const SessionManager = await loadPi();
    const session = SessionManager.open(file);
    return {
      append: (message) => session.appendMessage(message),
      close: () => undefined,
    };
  },
};
