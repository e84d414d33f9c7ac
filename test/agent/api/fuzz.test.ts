import assert from "node:assert/strict";
import * as fc from "fast-check";
import * as z from "zod";
import { pageOf } from "../../../agent/api/page";
import { held, startFake, TOKEN, type Fake } from "./fake";

interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

const WORDS = [
  "orders",
  "cache",
  "b1",
  "latest",
  "2026-11-21T02:00:00Z",
  "2026-99-99T02:00:00Z",
  "/srv/x",
  "db/orders",
];
const anything = fc.oneof(
  fc.string(),
  fc.constantFrom(...WORDS),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant("%00\u0000"),
);

/** Often what the schema asks for, often something near, sometimes anything. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  const good: fc.Arbitrary<unknown> = schema.enum
    ? fc.constantFrom(...schema.enum)
    : schema.type === "boolean"
      ? fc.boolean()
      : fc.constantFrom(...WORDS);
  return fc.oneof({ weight: 4, arbitrary: good }, { weight: 1, arbitrary: anything });
}

const objectOf = ({ properties = {} }: Schema): fc.Arbitrary<unknown> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record(
        Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueOf(schema)])),
        { requiredKeys: [] },
      ),
    },
    { weight: 1, arbitrary: anything },
  );

describe("agent/api, whatever it is sent", () => {
  let fake: Fake;
  let paths: Paths;

  beforeEach(async () => {
    fake = await startFake();
    fake.backups = [
      held({ id: "b1" }, { verified: true }),
      held({ id: "b2", source: "cache", engine: "redis", kind: "logical" }, { verified: false, reasons: ["torn"] }),
    ];
    const { body } = await fake.api.inject({ method: "GET", url: "/openapi.json" });
    paths = (JSON.parse(body) as { paths: Paths }).paths;
  });
  afterEach(() => fake.api.close());

  it("answers as its own document says, and never fails", async () => {
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    assert.equal(operations.length, 11);
    const request = fc.constantFrom(...operations).chain(({ path, method, operation }) =>
      fc.record({
        ...{ path: fc.constant(path), method: fc.constant(method), operation: fc.constant(operation) },
        body: objectOf(operation.requestBody?.content["application/json"]?.schema ?? {}),
        query: fc.record(
          Object.fromEntries(
            (operation.parameters ?? [])
              .filter((one) => one.in === "query")
              .map(({ name, schema }) => [name, valueOf(schema)]),
          ),
          { requiredKeys: [] },
        ),
        id: fc.oneof(fc.constant("backup-1"), fc.string({ minLength: 1 })),
      }),
    );
    const reached = new Set<number>();
    await fc.assert(
      fc.asyncProperty(request, async ({ path, method, operation, body, query, id }) => {
        const search = new URLSearchParams(
          Object.entries(query).map(([name, value]): [string, string] => [
            name,
            typeof value === "string" ? value : JSON.stringify(value),
          ]),
        );
        const response = await fake.api.inject({
          method: method.toUpperCase() as "GET",
          url: `${path.replace("{id}", encodeURIComponent(id))}?${search.toString()}`,
          headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
          ...(method === "post" ? { payload: JSON.stringify(body) } : {}),
        });
        reached.add(response.statusCode);
        assert.ok(response.statusCode < 500, response.body);
        const [type = ""] = String(response.headers["content-type"]).split(";");
        const schema = operation.responses[response.statusCode]?.content[type]?.schema;
        assert.ok(schema, `${method} ${path} answers ${response.statusCode} ${type}, which its document does not say`);
        if (!type.endsWith("json")) return;
        const { error } = z
          .fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
          .safeParse(JSON.parse(response.body));
        assert.equal(error, undefined, response.body);
      }),
      { numRuns: 500 },
    );
    assert.deepEqual([...reached].sort(), [200, 202, 400, 404, 422]);
  }).timeout(20_000);

  it("is a document of OpenAPI 3.1 with each path of the seeds' document", async () => {
    const { body } = await fake.api.inject({ method: "GET", url: "/openapi.json" });
    assert.equal((JSON.parse(body) as { openapi: string }).openapi, "3.1.0");
    assert.deepEqual(
      Object.entries(paths)
        .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
        .sort(),
      [
        ...["get /api/v1/system/backup/history", "get /api/v1/system/health/database", "get /api/v1/system/jobs/{id}"],
        ...["get /api/v1/system/metrics", "get /healthz", "get /metrics", "get /readyz", "post /api/v1/system/backup"],
        ...[
          "post /api/v1/system/backup/restore",
          "post /api/v1/system/backup/verify",
          "post /api/v1/system/cache/warmup",
        ],
      ],
    );
  });

  it("has a page in which words stay words", () => {
    const info = { title: '<script>"&', version: "<b>", description: "<i>" };
    const page = pageOf({ info, paths: { "/<x>": { get: { summary: "<y>" } } } });
    assert.ok(!/<(script|b|i|x|y)>/.test(page.replace(/^[\s\S]*<title>/, "")), page);
    assert.match(page, /<h1>&lt;script&gt;&quot;&amp;<\/h1>/);
  });

  it("has a page that needs nothing from anywhere, and runs nothing", async () => {
    const { body, headers } = await fake.api.inject({ method: "GET", url: "/docs" });
    assert.match(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'sha256-/);
    assert.ok(!/<script|<link|<img|@import|src=|url\(/.test(body));
    for (const path of Object.keys(paths)) assert.ok(body.includes(path), path);
    assert.match(body, /Whether the target is emptied first\./);
  });
});
