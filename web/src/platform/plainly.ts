// Amounts and moments where there is no `Intl`, as in WeChat on many phones: written as it would write them.

const SYMBOLS: Record<string, string> = { CNY: "¥", HKD: "$", TWD: "$", USD: "$", EUR: "€", GBP: "£", JPY: "¥" };
const WHOLE = new Set(["JPY", "KRW"]); // currencies without a smaller unit in use
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export const hasIntl = typeof Intl !== "undefined";

export function plainMoney(amount: number, currency: string): string {
  const text = Math.abs(amount).toFixed(WHOLE.has(currency) ? 0 : 2).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return `${amount < 0 ? "-" : ""}${SYMBOLS[currency] ?? `${currency} `}${text}`;
}

export function plainMoment(at: Date, locale: string, { month, hour, second }: Intl.DateTimeFormatOptions): string {
  const date = locale === "en" ? `${MONTHS[at.getMonth()]} ${at.getDate()}` : `${at.getMonth() + 1}月${at.getDate()}日`;
  if (!hour) return date;
  const parts = second ? [at.getHours(), at.getMinutes(), at.getSeconds()] : [at.getHours(), at.getMinutes()];
  const time = parts.map((part) => String(part).padStart(2, "0")).join(":");
  if (!month) return time;
  return `${date}${locale === "en" ? ", " : " "}${time}`;
}
