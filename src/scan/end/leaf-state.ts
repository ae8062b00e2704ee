/** Where the next append of a transcript goes. */
export interface LeafState {
  /**
   * `linked` when there is any linked line (its leaf may still be null), else `linear` when there
   * is any linear entry, else `empty`: no more than a header, or nothing that is an entry.
   */
  readonly shape: "empty" | "linear" | "linked";
  /** Null unless the shape is `linked`. */
  readonly leafId: string | null;
  /** Whether linear entries follow the last linked one; always true for the shape `linear`. */
  readonly linearAfterLeaf: boolean;
}

/** The state of a file whose first part has the state `earlier`, with no linked line after it. */
export function withLinear(earlier: LeafState, linear: boolean): LeafState {
  if (!linear || earlier.linearAfterLeaf) return earlier;
  const shape = earlier.shape === "empty" ? "linear" : earlier.shape;
  return { ...earlier, shape, linearAfterLeaf: true };
}
