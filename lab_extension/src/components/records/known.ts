/** What can be asked for: fields by the beginnings of their names, values of fields. Asked once, and again after a while. */
import type { Api, Facet, Kind, SearchField } from '../../tokens';

const FRESH_MS = 300_000;
/** So many at a time: an answer with fewer holds all that begin so, also those that begin with more. */
const MOST_FIELDS = 100;

interface Answer {
  at: number;
  fields?: SearchField[];
  values?: Facet[];
}

/** The service's own folding of names, as far as completing needs it. */
export function plain(name: string): string {
  return name.trim().normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll(' ', '_');
}

/** 0 for the nearest; null where nothing of it is like that. As the service ranks them. */
function rankOf(field: SearchField, asked: string): number | null {
  const names = [plain(field.name), ...field.aliases];
  if (!asked) {
    return { common: 0, normalised: 1, special: 2, vendor: 3 }[field.group];
  }
  if (names.some(name => name.startsWith(asked))) {
    return 0;
  }
  if (names.some(name => name.split(/[._]/).some(part => part.startsWith(asked)))) {
    return 1;
  }
  return names.some(name => name.includes(asked)) ? 2 : null;
}

function like(fields: readonly SearchField[], asked: string): SearchField[] {
  const ranked = fields.flatMap(field => {
    const rank = rankOf(field, asked);
    return rank === null ? [] : [{ rank, field }];
  });
  return ranked.sort((a, b) => a.rank - b.rank || b.field.count - a.field.count).map(one => one.field);
}

export class Known {
  private readonly answers = new Map<string, Answer>();

  constructor(private readonly api: Api) {}

  /** undefined: it has to be asked for. */
  fields(typed: string): SearchField[] | undefined {
    const asked = plain(typed);
    for (let length = asked.length; length >= 0; length--) {
      const found = this.fresh(`fields ${asked.slice(0, length)}`)?.fields;
      if (found && (length === asked.length || found.length < MOST_FIELDS)) {
        return length === asked.length ? found : like(found, asked);
      }
    }
    return undefined;
  }

  async askFields(typed: string): Promise<SearchField[]> {
    const asked = plain(typed);
    const fields = await this.api.call('fields', { like: asked, limit: MOST_FIELDS });
    this.answers.set(`fields ${asked}`, { at: Date.now(), fields });
    return fields;
  }

  /** The field of that name, or alias; null: there is none. */
  field(name: string): SearchField | null | undefined {
    const asked = plain(name).replaceAll('-', '_');
    const isIt = (one: SearchField): boolean => one.name === name || plain(one.name).replaceAll('-', '_') === asked || one.aliases.includes(asked);
    const found = this.fields(name);
    return found && (found.find(isIt) ?? null);
  }

  /** Most frequent first. */
  values(field: SearchField, kind: Kind): Facet[] | undefined {
    if (field.group === 'special' || field.kind === 'choice') {
      return field.examples.filter(one => !one.endsWith('…')).map(value => ({ value, count: 0 }));
    }
    return field.kind === 'text' ? this.fresh(`values ${kind} ${field.name}`)?.values : [];
  }

  async askValues(field: SearchField, kind: Kind): Promise<void> {
    const { facets } = await this.api.call('search', { query: '', kind, limit: 0, facets: field.name });
    this.answers.set(`values ${kind} ${field.name}`, { at: Date.now(), values: facets[field.name] ?? [] });
  }

  private fresh(key: string): Answer | undefined {
    const found = this.answers.get(key);
    return found && Date.now() - found.at < FRESH_MS ? found : undefined;
  }
}

const knownOf = new WeakMap<Api, Known>();

export function knownFor(api: Api): Known {
  const known = knownOf.get(api) ?? new Known(api);
  knownOf.set(api, known);
  return known;
}
