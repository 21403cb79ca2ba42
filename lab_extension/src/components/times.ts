/** Times as the instrument's clock shows them. Everything travels as UTC; a zone is an IANA name. */

const SECOND_MS = 1000;

/** What a clock in `zone` shows, as ISO text without offset: "2018-11-13T12:30:05". */
export function wall(time: string | Date, zone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit'
  }).format(new Date(time));
  return parts.replace(' ', 'T');
}

export function day(time: string | Date, zone: string): string {
  return wall(time, zone).slice(0, 10);
}

export function clock(time: string | Date, zone: string, seconds = false): string {
  return wall(time, zone).slice(11, seconds ? 19 : 16);
}

/** "14:16" today, "2026-11-18 14:16" before. */
export function near(time: string | Date, zone: string): string {
  return day(time, zone) === day(new Date(), zone) ? clock(time, zone) : wall(time, zone).slice(0, 16).replace('T', ' ');
}

/** For <input type="datetime-local">. */
export function typed(time: string | Date, zone: string): string {
  return wall(time, zone).slice(0, 16);
}

/** "UTC−05:00" */
export function offset(time: string | Date, zone: string): string {
  const minutes = Math.round((Date.parse(`${wall(time, zone)}Z`) - new Date(time).getTime()) / 60_000);
  const size = Math.abs(minutes);
  const text = `${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
  return `UTC${minutes < 0 ? '−' : '+'}${text}`;
}

/** The moment at which a clock in `zone` shows `text`; null where it never does (the hour that is skipped in spring). */
export function moment(text: string, zone: string): Date | null {
  const asUtc = Date.parse(`${text.length === 16 ? `${text}:00` : text}Z`);
  if (Number.isNaN(asUtc)) {
    return null;
  }
  const shown = (guess: number): number => Date.parse(`${wall(new Date(guess), zone)}Z`) - guess;
  const first = asUtc - shown(asUtc);
  const found = asUtc - shown(first);
  return typed(new Date(found), zone) === text.slice(0, 16) ? new Date(found) : null;
}

/** "00:47:12" */
export function elapsed(from: string, to: number): string {
  const seconds = Math.max(0, Math.floor((to - Date.parse(from)) / SECOND_MS));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** "2 h 10", "47 min", "3 d 4 h" */
export function span(from: string | Date, to: string | Date): string {
  const minutes = Math.max(0, Math.round((new Date(to).getTime() - new Date(from).getTime()) / 60_000));
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${String(minutes % 60).padStart(2, '0')}` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "40 s", "12 min", "2 h 10" */
export function duration(seconds: number): string {
  return seconds < 60 ? `${Math.ceil(seconds)} s` : span(new Date(0), new Date(seconds * SECOND_MS));
}
