import { createHash } from "node:crypto";
import { DeliveryError } from "../http";
import { linesOf, shorten, type Message } from "../message";

const TIMEOUT_MS = 10_000;

/** How the mail server is reached, out of `smtp://user:password@host:587?from=dr@example.com`; `smtps://` is TLS from the start. */
export function smtpOptions(server: URL, timeoutMs = TIMEOUT_MS) {
  if (server.protocol !== "smtp:" && server.protocol !== "smtps:")
    throw new Error("the SMTP server's address must start with smtp:// or smtps://");
  const user = decodeURIComponent(server.username);
  const isTls = server.protocol === "smtps:";
  return {
    host: server.hostname.replaceAll(/[[\]]/g, ""),
    port: Number(server.port) || (isTls ? 465 : 587),
    secure: isTls,
    // A password never crosses the network in clear; without one, TLS is used where it is offered.
    requireTLS: !isTls && user !== "",
    ...(user === "" ? {} : { auth: { user, pass: decodeURIComponent(server.password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** A mail in plain text. All about one incident are one conversation. */
export function mailOf(server: URL, to: string, message: Message) {
  const user = decodeURIComponent(server.username);
  const from = server.searchParams.get("from") ?? (user.includes("@") ? user : `pulumi-dr@${server.hostname}`);
  const thread = `<${createHash("sha256").update(message.incident).digest("hex").slice(0, 32)}@pulumi-dr>`;
  return {
    from,
    to,
    subject: shorten(`[${message.severity}] ${message.plan}/${message.site}: ${message.title}`, 200),
    text: `${linesOf(message).join("\n")}\n`,
    messageId: `<${message.id}@pulumi-dr>`,
    references: thread,
    inReplyTo: thread,
    headers: { "Auto-Submitted": "auto-generated", "X-Dr-Incident": message.incident.replaceAll(/[^\x20-\x7e]/g, "?") },
  };
}

export async function sendMail(
  server: URL,
  to: string,
  message: Message,
  { timeoutMs, ca }: { readonly timeoutMs?: number | undefined; readonly ca?: string | undefined } = {},
): Promise<void> {
  if (to === "TODO") throw new Error("an address is still to be filled in: TODO");
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    ...smtpOptions(server, timeoutMs),
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
  try {
    await transport.sendMail(mailOf(server, to, message));
  } catch (error) {
    const { code, response, responseCode } = error as { code?: string; response?: string; responseCode?: number };
    if (code === "EAUTH") throw new DeliveryError(`the server refused the login (${responseCode ?? "no reason"})`);
    const said = response ? `: ${shorten(response, 200)}` : "";
    throw new DeliveryError(`the server did not take it (${code ?? "unknown"})${said}`);
  } finally {
    transport.close();
  }
}
