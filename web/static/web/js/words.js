// The page's words, and how times and money are written in its language.

const words = JSON.parse(document.getElementById("words").textContent);

export const locale = document.documentElement.lang;
export const data = JSON.parse(document.getElementById("data").textContent);

function find(path) {
  return path.split(".").reduce((group, name) => group?.[name], words);
}

// The words at `group.name`, with `{name}` filled in; an unknown path shows itself.
export function t(path, values = {}) {
  const text = find(path);
  if (typeof text !== "string") return path;
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// The word for a value of the system in `group`; the value itself when there is none.
export function word(group, value) {
  const text = find(group)?.[value];
  return typeof text === "string" ? text : String(value ?? "");
}

export function money(minor, currency) {
  const style = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
  return new Intl.NumberFormat(locale, style).format(minor / 100);
}

export function timeOf(iso, { seconds = false } = {}) {
  if (!iso) return "";
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (seconds) options.second = "2-digit";
  return new Intl.DateTimeFormat(locale, options).format(new Date(iso));
}

export function dateAndTimeOf(iso) {
  const options = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(locale, { ...options, hourCycle: "h23" }).format(new Date(iso));
}

// A moment to the second, for what has to be told apart.
export function momentOf(iso) {
  if (!iso) return "";
  const options = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  return new Intl.DateTimeFormat(locale, { ...options, hourCycle: "h23" }).format(new Date(iso));
}

export function distance(metres) {
  const far = metres >= 1000;
  const value = far ? (metres / 1000).toFixed(1) : Math.round(metres / 10) * 10;
  return `${value} ${far ? "km" : "m"}`;
}
