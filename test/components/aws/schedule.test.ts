import assert from "node:assert/strict";
import fc from "fast-check";
import { scheduleExpressions } from "../../../components/aws/schedule";
import { cronFault, nextRun } from "../../../plan/schedule";

const DAY_MS = 86_400_000;

// An interpreter of its own, written from EventBridge's documents: the oracle for what is converted.
const fits = (field: string, value: number) =>
  field === "*" ||
  field.split(",").some((part) => {
    const [from, to = from] = part.split("-").map(Number);
    return value >= from! && value <= to!;
  });
function runs(expression: string, at: Date): boolean {
  const [minute, hour, day, month, weekday, year, ...rest] = /^cron\((.*)\)$/.exec(expression)![1]!.split(" ");
  assert.deepEqual([year, rest], ["*", []]);
  assert.equal([day, weekday].filter((field) => field === "?").length, 1, `one of the two is ?: ${expression}`);
  if (!fits(minute!, at.getUTCMinutes()) || !fits(hour!, at.getUTCHours()) || !fits(month!, at.getUTCMonth() + 1))
    return false;
  const [date, today] = [at.getUTCDate(), at.getUTCDay() + 1];
  const inMonth = (days: number) => new Date(at.getTime() + days * DAY_MS).getUTCMonth() === at.getUTCMonth();
  if (weekday === "?") return day === "L" ? !inMonth(1) : fits(day!, date);
  const [, of, nth] = /^(\d)#(\d)$/.exec(weekday!) ?? [];
  if (of) return today === Number(of) && Math.ceil(date / 7) === Number(nth);
  if (weekday!.endsWith("L")) return today === Number(weekday![0]) && !inMonth(7);
  return fits(weekday!, today);
}

const number = (min: number, max: number) => fc.integer({ min, max });
const field = (min: number, max: number) =>
  fc.oneof(
    fc.constant("*"),
    number(min, max).map(String),
    fc.tuple(number(min, max), number(min, max)).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    number(2, 20).map((step) => `*/${step}`),
    fc.uniqueArray(number(min, max), { minLength: 1, maxLength: 5 }).map((all) => all.join(",")),
  );
const nth = fc.tuple(number(0, 6), number(1, 5)).map(([day, of]) => `${day}#${of}`);
const cron = fc
  .tuple(
    ...[field(0, 59), field(0, 23), fc.oneof(field(1, 31), fc.constant("L"), fc.constant("15,L")), field(1, 12)],
    fc.oneof(
      field(0, 7),
      nth,
      fc.tuple(number(0, 6)).map(([day]) => `${day}L`),
    ),
  )
  .map((fields) => fields.join(" "))
  .filter((text) => cronFault(text) === undefined);

describe("aws schedules", () => {
  const cases: [cron: string, ...expressions: string[]][] = [
    ["0 2 * * *", "cron(0 2 * * ? *)"],
    ["*/15 * * * *", "cron(0,15,30,45 * * * ? *)"],
    ["30 3 * * 0", "cron(30 3 ? * 1 *)"],
    ["30 3 * * 7", "cron(30 3 ? * 1 *)"],
    ["0 2 * * MON-FRI", "cron(0 2 ? * 2-6 *)"],
    ["0 9 * * 6#1", "cron(0 9 ? * 7#1 *)"],
    ["0 9 * * 5L", "cron(0 9 ? * 6L *)"],
    ["0 9 L * *", "cron(0 9 L * ? *)"],
    ["0 9 15W * *", "cron(0 9 15W * ? *)"],
    ["0 0 1 JAN,JUL *", "cron(0 0 1 1,7 ? *)"],
    ["0 0 13 * 5", "cron(0 0 13 * ? *)", "cron(0 0 ? * 6 *)"],
    ["0 0 * * 1#1,3#2", "cron(0 0 ? * 2#1 *)", "cron(0 0 ? * 4#2 *)"],
  ];
  for (const [text, ...expressions] of cases)
    it(`say ${text} as ${expressions.join(" and ")}`, () => assert.deepEqual(scheduleExpressions(text), expressions));

  it("refuse what EventBridge cannot say", () =>
    assert.throws(() => scheduleExpressions("0 0 13 * +5"), {
      message:
        "a schedule must not ask for a day of the month and a weekday at once (+) on aws, which cannot say it; got 0 0 13 * +5",
    }));

  it("run whenever the plan's cron does, and never else", function () {
    this.timeout(120_000);
    fc.assert(
      fc.property(cron, number(0, 20_000), (text, startDay) => {
        const expressions = scheduleExpressions(text);
        for (const one of expressions) assert.ok(one.length <= 256, "EventBridge takes 256 characters");
        const runsAt = (at: Date) => expressions.some((one) => runs(one, at));
        let at = new Date(startDay * DAY_MS);
        for (let found = 0; found < 5; found++) {
          const next = nextRun(text, "UTC", at);
          if (!next || next.getTime() > at.getTime() + 800 * DAY_MS) break;
          assert.ok(runsAt(next), `${text} at ${next.toISOString()}: ${expressions.join(", ")}`);
          // Nothing between: looked at minute by minute near by, and each day at that time.
          const between = [
            ...Array.from({ length: 120 }, (_, minutes) => new Date(at.getTime() + (minutes + 1) * 60_000)),
            ...Array.from({ length: 400 }, (_, days) => new Date(next.getTime() - (days + 1) * DAY_MS)),
          ];
          for (const moment of between)
            if (moment > at && moment < next)
              assert.ok(!runsAt(moment), `${text} not at ${moment.toISOString()}: ${expressions.join(", ")}`);
          at = next;
        }
      }),
      { numRuns: 150 },
    );
  });
});
