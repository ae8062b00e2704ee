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
