import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SerialQueue } from "../../src/base/serial-queue.js";

const ticks = fc.nat({ max: 6 });

async function after(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) await Promise.resolve();
}

test("one task at a time, in their order, however short they are and whenever they come", async () => {
  const calls = fc.array(fc.record({ at: ticks, length: ticks, next: fc.option(ticks) }), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(calls, async (made) => {
      const queue = new SerialQueue();
      const came: number[] = [];
      const ran: number[] = [];
      let running = 0;
      let number = 0;
      const take = (length: number) => {
        number += 1;
        const own = number;
        came.push(own);
        return queue.add(async () => {
          running += 1;
          expect(running).toBe(1);
          ran.push(own);
          await after(length);
          running -= 1;
        });
      };
      await Promise.all(
        made.map(async ({ at, length, next }) => {
          await after(at);
          await take(length);
          if (next !== null) await take(next);
        }),
      );
      expect(ran).toEqual(came);
      expect(queue.waiting).toBe(0);
    }),
    { numRuns: 2000 },
  );
});
