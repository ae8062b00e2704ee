import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends a run with one line that any log reader can count: `N passed, N failed`. Before it stands
 * each test that passed at a further try alone.
 */
export default class PlainSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let skipped = 0;
    let failed = unhandled.length;
    const retried: string[] = [];
    for (const module of modules) {
      if (module.state() === "failed" && module.errors().length > 0) failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed += 1;
        else if (state === "failed") failed += 1;
        else skipped += 1;
        if ((test.diagnostic()?.retryCount ?? 0) > 0) {
          retried.push(`retried: ${module.relativeModuleId} > ${test.fullName}`);
        }
      }
    }
    const tail = skipped > 0 ? `, ${skipped} skipped` : "";
    // The default reporter prints its own summary in the same turn; ours closes the run.
    const lines = [...retried, `${passed} passed, ${failed} failed${tail}`];
    process.on("exit", () => console.log(lines.join("\n")));
  }
}
