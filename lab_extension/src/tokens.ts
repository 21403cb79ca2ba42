/** The interfaces between components, hosts and transports; the data's shapes as the API describes them (schema.ts). */
import type { OPERATIONS } from './operations';
import type { components, operations } from './schema';

/** What comes from the service is whole: fields with a default are optional only on the way there. */
type Whole<T> = T extends object ? { [Key in keyof T]-?: Whole<Exclude<T[Key], undefined>> } : T;
type Schemas = { [Name in keyof components['schemas']]: Whole<components['schemas'][Name]> };

export type ActivityView = Schemas['ActivityView'];
export type ArtefactOfRun = Schemas['ArtefactOfRun'];
export type AttentionItem = Schemas['AttentionItem'];
export type AuditEntry = Schemas['AuditEntry'];
export type Choices = Schemas['Choices'];
export type DatasetView = Schemas['DatasetView'];
export type Doubt = Schemas['Doubt'];
export type Facet = Schemas['Facet'];
export type Hit = Schemas['Hit'];
export type Instrument = Schemas['Instrument'];
export type InstrumentNow = Schemas['InstrumentNow'];
export type LineageEdge = Schemas['Edge'];
export type LineageNode = Schemas['LineageNode'];
export type LineageView = Schemas['LineageView'];
export type Me = Schemas['Me'];
export type Person = Schemas['Person'];
export type Project = Schemas['Project'];
export type RecordView = Schemas['RecordView'];
export type Replay = Schemas['Replay'];
export type Reservation = Schemas['Reservation'];
export type RunView = Schemas['RunView'];
export type RunFile = RunView['files'][number];
export type Sample = Schemas['Sample'];
export type SearchField = Schemas['SearchField'];
export type SearchPage = Schemas['SearchPage'];
export type Session = Schemas['Session'];
export type SessionEvent = Schemas['SessionEvent'];
export type SessionView = Schemas['SessionView'];
export type SavedSearch = Schemas['SavedSearchView'];
export type Settled = Schemas['Settled'];
export type Spread = Schemas['Spread'];
export type Tile = Schemas['Tile'];
export type Value = Schemas['Value'];

export type Kind = 'record' | 'dataset';
export type BytesOperation = 'preview' | 'thumbnails' | 'content' | 'replay_picture';
export type Operation = Exclude<keyof typeof OPERATIONS, BytesOperation>;

/** What each operation answers with; those that answer with bytes are asked through `Api.bytes`. */
export type Results = {
  [Name in Operation]: operations[Name] extends { responses: { 200: { content: { 'application/json': infer Answer } } } }
    ? Whole<Answer>
    : never;
};

type Given<T> = [NonNullable<T>] extends [never] ? unknown : NonNullable<T>;
type BodyOf<T> = T extends { requestBody?: { content: { 'application/json': infer Body } } } ? Body : unknown;
/** What an operation takes: what stands in its path, its query and its body. request_key: the same for a retry. */
export type Arguments<Name extends keyof operations> = Given<operations[Name]['parameters']['path']> &
  Given<operations[Name]['parameters']['query']> &
  BodyOf<operations[Name]> & { request_key?: string };

/** One message per operation; the same over HTTP and over a kernel's comm. */
export interface Api {
  call<Name extends Operation>(operation: Name, args: Arguments<Name>): Promise<Results[Name]>;
  bytes<Name extends BytesOperation>(operation: Name, args: Arguments<Name>): Promise<Blob>;
  /** What came along with the page, at once and once; a component that has it is drawn complete at its first drawing. */
  known?<Name extends Operation>(operation: Name, args: Arguments<Name>): Results[Name] | undefined;
  /** Where a browser can fetch the bytes by itself, for downloads of any size; null: not from here, so ask for bytes. */
  address?<Name extends BytesOperation>(operation: Name, args: Arguments<Name>): Promise<string | null>;
}

/** What a component shares with its host: an anywidget's traits, the page's address, or just memory. */
export interface Shared {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  subscribe(name: string, heard: () => void): () => void;
}

/** Where the component lives and what can be done there that cannot be done elsewhere. */
export interface Host {
  readonly place: 'lab' | 'voila' | 'cell';
  readonly layout: 'page' | 'panel' | 'cell';
  readonly shared: Shared;
  /** Put a cell into a notebook. */
  insert?(source: string): void;
  /** Start dragging a cell; x, y: pointer position in client pixels. */
  drag?(source: string, label: string, x: number, y: number): void;
  /** Open a record, dataset or page outside of this component. */
  open?(id: string, title: string): void;
}
