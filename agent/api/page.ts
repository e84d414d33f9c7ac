import { createHash } from "node:crypto";

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}
interface Operation {
  readonly summary?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly required?: boolean; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses?: Readonly<Record<string, { readonly description: string }>>;
}
export interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const escape = (text: unknown) =>
  String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
code,pre{font:14px/1.4 ui-monospace,monospace;background:#f6f8fa}pre{padding:.8rem;overflow-x:auto}h2{margin-top:2.5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d1d9e0}
@media(prefers-color-scheme:dark){body{color:#f0f6fc;background:#0d1117}code,pre{background:#151b23}th,td{border-color:#3d444d}}`;

/** Lets in nothing but the style above, by its hash: no script, no image, nothing from anywhere. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The OpenAPI document for people: one page without scripts. */
export function pageOf({ info, paths }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(method.toUpperCase(), path, operation)),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(info.title)}</title>
<style>${STYLE}</style></head><body>
<h1>${escape(info.title)}</h1><p>${escape(info.description ?? "")} Version ${escape(info.version)}. For programs: <a href="/openapi.json">/openapi.json</a>.</p>
${operations.join("\n")}
</body></html>
`;
}

function section(
  method: string,
  path: string,
  { summary, security, parameters, requestBody, responses }: Operation,
): string {
  const body = requestBody?.content["application/json"]?.schema;
  const fields = [
    ...(parameters ?? []).map(({ name, required, schema }) => row(name, schema, required === true)),
    ...Object.entries(body?.properties ?? {}).map(([name, schema]) =>
      row(name, schema, body?.required?.includes(name) === true),
    ),
  ];
  const withToken = security && security.length > 0;
  const curl = [
    `curl${method === "GET" ? "" : ` -X ${method}`} http://localhost:8900${path}`,
    ...(withToken ? ['-H "Authorization: Bearer YOUR_TOKEN"'] : []),
    ...(body ? ['-H "Content-Type: application/json"', `-d '${JSON.stringify(exampleOf(body))}'`] : []),
  ].join(" \\\n  ");
  const answers = Object.entries(responses ?? {}).map(
    ([status, { description }]) => `<tr><td><code>${escape(status)}</code><td>${escape(description)}`,
  );
  return `<h2><code>${method} ${escape(path)}</code></h2><p>${escape(summary ?? "")}${withToken ? "" : ""}</p><pre>${escape(curl)}</pre>
${fields.length > 0 ? `<table><tr><th>Field<th>What<th>Default${fields.join("")}</table>` : ""}
<table><tr><th>Answer<th>When${answers.join("")}</table>`;
}

function row(name: string, { description = "", enum: values, default: usual }: Schema, isRequired: boolean): string {
  const choices = values ? ` One of ${values.join(", ")}.` : "";
  return `<tr><td><code>${escape(name)}</code>${isRequired ? " (needed)" : ""}<td>${escape(description + choices)}<td>${escape(usual ?? "")}`;
}

const exampleOf = ({ properties = {}, required = [] }: Schema) =>
  Object.fromEntries(required.map((name) => [name, properties[name]?.enum?.[0] ?? name.toUpperCase()]));
