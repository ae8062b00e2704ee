// For who compiles against the declarations: they name Node's types, and AsyncDisposable.
/// <reference types="node" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
export { type Disturbance, MemoryHost, type MemoryHostOptions, memoryHost } from "./memory-host.js";
export type { Operation } from "./operations.js";
