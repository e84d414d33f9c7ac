import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { confirmByTyping } from "../../cli/confirm";
import { UsageError } from "../../cli/project";
import { sink } from "./sink";

/** Asks somebody who types this, or closes the terminal. */
function confirmed(typed: string | undefined, isTTY = true): Promise<void> {
  const input = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.ReadStream & PassThrough;
  const asked = confirmByTyping("orders", "This overwrites orders.", { input, output: sink({ columns: 80 }).stream });
  if (typed === undefined) input.end();
  else input.write(typed);
  return asked;
}

describe("cli/confirm", () => {
  it("goes on only if exactly the word was typed", async () => {
    await confirmed("orders\n");
    await confirmed("  orders \n");
  });
  for (const [typed, got] of [
    ["yes\n", "yes"],
    ["Orders\n", "Orders"],
    ["\n", "nothing"],
    ["\x03", "nothing"],
    [undefined, "nothing"],
  ] as const)
    it(`refuses ${JSON.stringify(typed) ?? "a terminal that is closed"}, and says that nothing was changed`, () =>
      assert.rejects(confirmed(typed), (error: Error) => {
        assert.equal(error.message, `not confirmed: expected orders, got ${got}. Nothing was changed`);
        return error instanceof UsageError;
      }));
  it("asks nobody where there is no terminal", () =>
    assert.rejects(confirmed("orders\n", false), {
      message: "This overwrites orders. Nobody is there to confirm it; say --yes",
    }));
});
