import assert from "node:assert/strict";
import type { ServerState } from "../../../engines/postgres/sql";
import { refusal } from "../../../provider/postgres/demotion-token";

const standby: ServerState = {
  ...{
    role: "standby",
    timeline: 3,
    systemIdentifier: "7400000000000000001",
    lsn: "0/5000000",
    streaming: true,
    startedAt: "2026-01-01T00:00:00.000Z",
  },
};
interface Said {
  readonly demotionToken?: string;
  readonly lostSite?: string;
}
const said = (change: Said, state: Partial<ServerState> = {}) => {
  const failure = refusal(change, { ...standby, ...state });
  return failure && `${failure.property}: ${failure.reason}`;
};
const token = (text: string) => ({ demotionToken: text });

describe("provider/postgres/demotion-token", () => {
  const refused: readonly [string, Said, string][] = [
    [
      "without a token and without a loss",
      {},
      "demotionToken: must be given to promote a standby: set dr:activation standby on the other site's stack first and copy its " +
        "demotionToken to dr:demotionTokens here; if that site is gone, say so with dr:siteIsLost",
    ],
    [
      "with a token of another cluster",
      token("7400000000000000002:3:0/5000060"),
      "demotionToken: must come from the same cluster 7400000000000000001; got one of 7400000000000000002",
    ],
    [
      "with a token of an older timeline, from a switch long ago",
      token("7400000000000000001:2:0/5000060"),
      "demotionToken: must be of timeline 3 or later; got 2, which ended at 0/5000060: it is stale",
    ],
  ];
  for (const [title, change, message] of refused) it(`refuses ${title}`, () => assert.equal(said(change), message));

  it("compares timelines as numbers, not as text", () =>
    assert.equal(
      refusal({ ...token("7400000000000000001:9:0/5000060") }, { ...standby, timeline: 10 })?.reason,
      "must be of timeline 10 or later; got 9, which ended at 0/5000060: it is stale",
    ));

  const malformed = [
    ...[
      "yes",
      "0/5000060",
      "7400000000000000001:3",
      "7400000000000000001:3:0/5000060:x",
      "7400000000000000001:3:5000060",
    ],
    ...["7400000000000000001:x:0/5000060", "7400000000000000001:3:0/50000zz", " 7400000000000000001:3:0/5000060", "::"],
    "7400000000000000001:3:0/5000060'; select pg_promote(); --",
  ];
  for (const text of malformed) {
    it(`refuses what is no token: ${text}`, () =>
      assert.equal(said(token(text)), `demotionToken: must read <system identifier>:<timeline>:<LSN>; got ${text}`));
  }

  const accepted: readonly [string, Said, Partial<ServerState>][] = [
    ["with the token of its own timeline", token("7400000000000000001:3:0/5000060"), {}],
    ["with the token of a later timeline that it has not followed yet", token("7400000000000000001:10:A/FF"), {}],
    ["for a loss that was said in words, whatever the token", { lostSite: "prod", ...token("stale") }, {}],
    ["what is the writer already: there is nothing to do", {}, { role: "primary" }],
  ];
  for (const [title, change, state] of accepted)
    it(`accepts ${title}`, () => assert.equal(said(change, state), undefined));
});
