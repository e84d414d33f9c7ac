/**
 * A cron expression of five fields in UTC, which is the only time zone that Container Apps knows.
 *
 * @returns undefined if there is none: the zone changes its clocks, or a day's or weekday's run would fall on another day.
 */
export function utcCron(cron: string, zone: string): string | undefined {
  const fields = cron.split(" ");
  if (
    fields.length !== 5 ||
    /[#LW?]/i.test(
      fields
        .slice(2)
        .join(" ")
        .replaceAll(/[A-Z]{3}/gi, ""),
    )
  )
    return undefined;
  if (zone === "UTC") return cron;
  const [minute, hour, ...days] = fields as [string, string, string, string, string];
  const offsets = offsetsOf(zone);
  // Every hour is every hour, wherever it is, if clocks differ and change by whole hours.
  if (hour === "*" && days.every((field) => field === "*") && offsets.every((offset) => offset % 60 === 0)) return cron;
  const [offset, ...others] = offsets;
  if (offset === undefined || others.length > 0) return undefined;
  if (offset === 0) return cron;

  const minutes = numbersOf(minute, 60);
  const hours = numbersOf(hour, 24);
  if (!minutes || !hours) return undefined;
  const shifted = hours.flatMap((h) => minutes.map((m) => h * 60 + m - offset));
  const ofDay = (at: number) => ((at % 1440) + 1440) % 1440;
  if (shifted.some((at) => at !== ofDay(at)) && days.some((field) => field !== "*")) return undefined;
  const times = shifted.map(ofDay);
  const newMinutes = [...new Set(times.map((at) => at % 60))].sort(ascending);
  const newHours = [...new Set(times.map((at) => Math.floor(at / 60)))].sort(ascending);
  // Minutes that fall into two hours can not be said in one expression.
  if (newMinutes.length * newHours.length !== new Set(times).size) return undefined;
  return [newMinutes.join(","), newHours.length === 24 ? "*" : newHours.join(","), ...days].join(" ");
}

const ascending = (a: number, b: number) => a - b;

/** What a zone's clocks are ahead of UTC, in minutes, over a year: one number where they never change. */
function offsetsOf(zone: string): readonly number[] {
  const months = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2027, month, 15, 12)));
  return [...new Set(months.map((at) => offsetAt(zone, at)))];
}

function offsetAt(timeZone: string, at: Date): number {
  const said = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).format(at);
  const [, sign, hours = "0", minutes = "0"] = /GMT(?:([+-])(\d\d):(\d\d))?$/.exec(said) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** The numbers that a field stands for. */
function numbersOf(field: string, end: number): readonly number[] | undefined {
  const numbers = field.split(",").flatMap((part) => {
    const [, from, to, step] = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [undefined];
    if (!/^(?:\*|\d+(?:-\d+)?)(?:\/\d+)?$/.test(part)) return [NaN];
    const first = from === undefined ? 0 : Number(from);
    const last = to !== undefined ? Number(to) : from === undefined || step !== undefined ? end - 1 : first;
    const by = step === undefined ? 1 : Number(step);
    return by < 1 ? [NaN] : Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, i) => first + i * by);
  });
  return numbers.some((one) => Number.isNaN(one) || one >= end) ? undefined : [...new Set(numbers)].sort(ascending);
}
