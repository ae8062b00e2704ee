import { LeaflogError } from "../base/errors.js";

/** A rewrite gave way to other programs, which never stopped changing the file. */
export class GaveWayError extends LeaflogError {}
