// For who compiles against the declarations: they name Node's types, and AsyncDisposable.
/// <reference types="node" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
export { mirrorMessages } from "./mirror-messages.js";
export type {
  MirrorContext,
  MirroredMessage,
  MirrorMessage,
  MirrorOptions,
  MirrorResult,
} from "./mirror-options.js";
export {
  type MirrorOrigin,
  type MirrorSession,
  mirrorToSession,
  uniqueSession,
} from "./mirror-session.js";
