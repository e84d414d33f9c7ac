import { postJson, type HttpRequest } from "../http";
import { shorten, type Message } from "../message";

/** Three parts of an SMS: enough to act on, and no bill to be afraid of. */
const MAX = 320;

/**
 * A message to one number, as a form with `From`, `To` and `Body` (Twilio's own). The gateway's address says the rest: a user and
 * password become Basic authentication; its fragment, which is never sent, names the sender and whatever is different:
 * `https://AC1:token@api.twilio.com/2010-04-01/Accounts/AC1/Messages.json#from=+15550100`,
 * `https://gateway.test/send#to=phone&body=text&format=json`.
 */
export function smsRequest(gateway: URL, number: string, message: Message): HttpRequest {
  // A plus is a plus: this is not a form, and numbers begin with one.
  const settings = new URLSearchParams(gateway.hash.slice(1).replaceAll("+", "%2B"));
  const field = (name: string, usual: string) => settings.get(name) ?? usual;
  const from = settings.get("from");
  const values = {
    ...(from === null ? {} : { [field("fromField", "From")]: from }),
    [field("to", "To")]: number,
    [field("body", "Body")]: textOf(message),
  };
  const url = new URL(gateway);
  url.hash = url.username = url.password = "";
  const login = `${decodeURIComponent(gateway.username)}:${decodeURIComponent(gateway.password)}`;
  const headers: Record<string, string> =
    login === ":" ? {} : { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
  if (settings.get("format") === "json") return postJson(url, values, headers);
  return {
    ...{ method: "POST", url, body: new URLSearchParams(values).toString() },
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  };
}

const textOf = ({ severity, title, plan, site, facts }: Message) => {
  const value = facts.find(([label]) => label === "Value")?.[1];
  return shorten(`[${severity}] ${plan}/${site}: ${title}${value ? `, ${value}` : ""}`, MAX);
};
