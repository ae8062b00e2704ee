// A plugin in plain JavaScript: no types, and every mistake that they would have prevented.
import { createTranscriptSdk, directoryHost } from "leaflog/sdk";
import { memoryHost } from "leaflog/sdk/testing";

const host = directoryHost({ root: process.argv[2], rights: ["read", "append"] });
const sdk = createTranscriptSdk(host);
const { append, appendBatch, mirror, withWriteLock, readDelta, readEntries, onUpdate } = sdk;
const session = { agentId: "a", sessionId: "s" };

const said = async (call) => {
  try {
    return { resolved: await call() };
  } catch ({ name, code, message }) {
    return { name, code, message };
  }
};

const told = {};
told.used = await said(async () => {
  await append(session, { type: "message", message: { role: "user", content: "hi" } });
  await appendBatch(session, [{ type: "custom" }, { type: "custom" }]);
  await mirror(session, { scope: "s", messages: [{ role: "assistant", content: "ho" }] });
  await withWriteLock(session, (tx) => tx.append({ type: "custom" }));
  const types = [];
  for await (const { entry } of readEntries(session)) types.push(entry.type);
  return types;
});
told.noIdentity = await said(() => append({ type: "custom" }));
told.path = await said(() => append("/etc/passwd", { type: "custom" }));
told.noEntry = await said(() => append(session));
told.noType = await said(() => append(session, { text: "hi" }));
told.typo = await said(() => append(session, { type: "custom" }, { timeout: 5 }));
told.textTimeout = await said(() => append(session, { type: "custom" }, { timeoutMs: "5" }));
told.oneEntry = await said(() => appendBatch(session, { type: "custom" }));
told.noCallback = await said(() => withWriteLock(session));
told.noListener = await said(() => onUpdate());
told.entryForOptions = await said(() => readDelta(session, "cursor"));
told.noMessages = await said(() => mirror(session));
told.noHost = await said(() => createTranscriptSdk());
told.noRoot = await said(() => directoryHost({ rights: [] }));
told.textRights = await said(() => directoryHost({ root: "a", rights: "read" }));
told.memoryTypo = await said(() => memoryHost({ right: ["read"] }));
told.noOperation = await said(() => memoryHost().fail("wrote", "EIO"));
told.noCode = await said(() => memoryHost().fail("write", "disk full"));
await host.close();
console.log(JSON.stringify(told));
