/** Sessions of other programs, made up; of the shapes that theirs have. */

const SESSION = "5f0c7a4e-0000-4000-8000-000000000000";
const TIME = "2026-01-01T00:00:00.000Z";

/** An entry of Claude Code's, with its newline. */
export function claudeLine(
  type: string,
  uuid: string,
  parentUuid: string | null,
  more: object = {},
): string {
  return jsonLine({
    parentUuid,
    isSidechain: false,
    userType: "external",
    cwd: "/work",
    sessionId: SESSION,
    version: "2.0.76",
    gitBranch: "main",
    type,
    message: { role: type, content: `text of ${uuid}`, id: `msg_${uuid}` },
    uuid,
    timestamp: TIME,
    ...more,
  });
}

/** The line by which Claude Code goes on where it summed up what was before. */
export function boundaryLine(uuid: string, logicalParentUuid: string, headUuid?: string): string {
  return jsonLine({
    parentUuid: null,
    logicalParentUuid,
    isSidechain: false,
    sessionId: SESSION,
    type: "system",
    subtype: "compact_boundary",
    content: "Conversation compacted",
    compactMetadata: {
      trigger: "manual",
      preTokens: 1000,
      ...(headUuid !== undefined && {
        preservedSegment: { headUuid, tailUuid: logicalParentUuid },
      }),
    },
    uuid,
    timestamp: TIME,
  });
}

/** Lines without an id, each with its newline. */
export const NOTES: Readonly<Record<"summary" | "snapshot" | "queue", string>> = {
  summary: jsonLine({ type: "summary", summary: "What it was about", leafUuid: "elsewhere" }),
  snapshot: jsonLine({
    type: "file-history-snapshot",
    messageId: "u1",
    snapshot: { messageId: "u1", trackedFileBackups: {}, timestamp: TIME },
    isSnapshotUpdate: false,
  }),
  queue: jsonLine({
    type: "queue-operation",
    operation: "enqueue",
    timestamp: TIME,
    sessionId: SESSION,
  }),
};

/** u1 <- a1 <- u2 <- a2, two entries of an agent beside it, and a compaction that kept a2: b <- u3 <- a3. */
export const CLAUDE_SESSION: string = [
  NOTES.summary,
  NOTES.snapshot,
  claudeLine("user", "u1", null),
  claudeLine("assistant", "a1", "u1"),
  claudeLine("user", "s1", null, { isSidechain: true }),
  claudeLine("assistant", "s2", "s1", { isSidechain: true }),
  NOTES.queue,
  claudeLine("user", "u2", "a1"),
  claudeLine("assistant", "a2", "u2"),
  boundaryLine("b", "a2", "a2"),
  claudeLine("user", "u3", "b", { isCompactSummary: true }),
  claudeLine("assistant", "a3", "u3"),
  claudeLine("assistant", "s3", "s2", { isSidechain: true }),
  NOTES.snapshot,
].join("");

/** A line of a Codex rollout, with its newline. */
export function codexLine(type: string, payload: object): string {
  return jsonLine({ timestamp: TIME, type, payload });
}

export const CODEX_LINES: readonly string[] = [
  codexLine("session_meta", {
    id: SESSION,
    timestamp: TIME,
    cwd: "/work",
    originator: "codex_cli_rs",
    cli_version: "0.80.0",
    instructions: null,
    git: { branch: "main" },
  }),
  codexLine("response_item", {
    type: "message",
    role: "user",
    content: [{ type: "input_text", text: "Hello" }],
  }),
  codexLine("event_msg", { type: "user_message", message: "Hello", kind: "plain" }),
  codexLine("turn_context", { cwd: "/work", approval_policy: "never", model: "gpt-5-codex" }),
  codexLine("response_item", {
    type: "message",
    role: "assistant",
    content: [{ type: "output_text", text: "Hi" }],
  }),
];

export const CODEX_ROLLOUT: string = CODEX_LINES.join("");

function jsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
