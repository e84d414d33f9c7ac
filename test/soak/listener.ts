import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A message of the agent's as it came in. */
export interface Alert {
  readonly at: number;
  readonly kind: string;
  readonly incident: string;
  readonly rule: string;
  readonly source: string;
  readonly text: string;
}

/** The tester's end of the plan's webhook. */
export interface Listener {
  readonly url: string;
  readonly alerts: readonly Alert[];
  /** Incidents that fired and were not resolved; not what comes and goes: that is said to be over after half an hour of calm only. */
  readonly open: () => readonly Alert[];
  onAlert: (alert: Alert) => void;
  readonly close: () => Promise<void>;
}

export async function listen(path: string): Promise<Listener> {
  const alerts: Alert[] = [];
  const open = new Map<string, Alert>();
  const seen = new Set<string>();
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      if (request.url !== path) return void response.writeHead(404).end();
      response.end("ok");
      const message = JSON.parse(body) as Omit<Alert, "at" | "text"> & { readonly id: string };
      if (seen.has(message.id)) return; // delivered twice, said once
      seen.add(message.id);
      const { kind, incident, rule, source } = message;
      const alert = { at: Date.now(), kind, incident, rule, source, text: body };
      alerts.push(alert);
      if (kind === "resolved" || kind === "flapping") open.delete(incident);
      else if (kind !== "test" && kind !== "repeat") open.set(incident, alert); // a repeat is of one that is open, or comes and goes
      listener.onAlert(alert);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const listener: Listener = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    alerts,
    open: () => [...open.values()],
    onAlert: () => {},
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return listener;
}
