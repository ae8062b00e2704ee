export { type Disturbance, MemoryHost, type MemoryHostOptions, memoryHost } from "./memory-host.js";
export type { Operation } from "./operations.js";
