/** An entry as pi holds it. */
export interface PiEntry {
  readonly type: string;
  readonly id: string;
  readonly parentId: string | null;
  readonly timestamp: string;
  readonly [member: string]: unknown;
}

/** A node of pi's tree. */
export interface PiTreeNode {
  readonly entry: PiEntry;
  readonly children: readonly PiTreeNode[];
  readonly label?: string;
}

/** What pi would send to a model. */
export interface PiContext {
  readonly messages: readonly { readonly role: string; readonly [member: string]: unknown }[];
  readonly thinkingLevel: string;
  readonly model: { readonly provider: string; readonly modelId: string } | null;
}

/** The part of pi's SessionManager that the tests use. */
export interface PiSession {
  getHeader(): { readonly id: string; readonly version?: number } | null;
  getEntries(): PiEntry[];
  getTree(): PiTreeNode[];
  getLeafId(): string | null;
  /** From the root to the leaf. */
  getBranch(): PiEntry[];
  getEntry(id: string): PiEntry | undefined;
  getLabel(id: string): string | undefined;
  getSessionName(): string | undefined;
  buildSessionContext(): PiContext;
  appendMessage(message: object): string;
  appendModelChange(provider: string, modelId: string): string;
  appendThinkingLevelChange(thinkingLevel: string): string;
  appendCustomEntry(customType: string, data?: unknown): string;
  branchWithSummary(branchFromId: string | null, summary: string): string;
}

interface SessionManagerModule {
  readonly SessionManager: { open(path: string): PiSession };
}

// By file: what the package exports is all of pi, terminal included.
const { SessionManager } = (await import(
  new URL(
    "node_modules/@mariozechner/pi-coding-agent/dist/core/session-manager.js",
    import.meta.url,
  ).href
)) as SessionManagerModule;

/** Opens a session file as pi does, which rewrites it when its version is an older one. */
export function openPi(file: string): PiSession {
  return SessionManager.open(file);
}

/** Pi writes to disk only once a session has one of these. */
export function assistantMessage(text: string): object {
  return {
    role: "assistant",
    content: [{ type: "text", text }],
    api: "anthropic-messages",
    provider: "anthropic",
    model: "claude-sonnet-4-5",
    usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 },
    stopReason: "stop",
    timestamp: 1_767_225_600_000,
  };
}

export function userMessage(text: string): object {
  return { role: "user", content: [{ type: "text", text }], timestamp: 1_767_225_600_000 };
}
