/** Records, datasets and the pages as tabs of the main area; the commands that open them. */
import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { memoryShared } from '../shared';
import type { Host } from '../tokens';
import { ComponentWidget } from './ComponentWidget';
import { limsIcon } from './icons';
import { dashboardAddress, serverApi } from './lims';
import { insertCell } from './notebook';

const CATEGORY = 'Laboratory';
const PAGES = {
  session: { component: 'SessionForm', label: 'Log a session', caption: 'Who has the instrument, for whom and why; files as they arrive', rank: 1 },
  records: { component: 'RecordBrowser', label: 'Records', caption: 'Search and look at everything you may see', rank: 2 },
  facility: { component: 'FacilityOverview', label: 'Facility', caption: 'What is open, what waits for a person', rank: 3 }
} as const;
type Page = keyof typeof PAGES;

export const COMMANDS = { open: 'lims:open', page: 'lims:page', browser: 'lims:open-in-browser', restore: 'lims:restore' } as const;

type Tab = MainAreaWidget<ComponentWidget>;

function hostFor(app: JupyterFrontEnd, values: Record<string, unknown>): Host {
  return {
    place: 'lab',
    layout: 'page',
    shared: memoryShared(values),
    insert: source => void insertCell(app, source),
    open: (id, title) => void app.commands.execute(COMMANDS.open, { id, title })
  };
}

class Tabs {
  readonly tracker = new WidgetTracker<Tab>({ namespace: 'lims' });
  private readonly api = serverApi();

  constructor(private readonly app: JupyterFrontEnd) {}

  /** One tab for each thing: a second call brings the first to the front. */
  show(key: string, title: string, component: string, values: Record<string, unknown>): Tab {
    const id = `lims-tab-${key}`;
    const old = this.tracker.find(tab => tab.id === id);
    const tab = old ?? new MainAreaWidget({ content: new ComponentWidget(component, this.api, hostFor(this.app, values)) });
    if (!old) {
      tab.id = id;
      tab.title.label = title;
      tab.title.icon = limsIcon;
      tab.title.closable = true;
      this.app.shell.add(tab, 'main');
      void this.tracker.add(tab);
    }
    this.app.shell.activateById(id);
    return tab;
  }
}

function text(args: ReadonlyPartialJSONObject, name: string): string {
  const value = args[name];
  return typeof value === 'string' ? value : '';
}

function pageOf(args: ReadonlyPartialJSONObject): (typeof PAGES)[Page] {
  const name = text(args, 'name');
  return PAGES[name in PAGES ? (name as Page) : 'records'];
}

function addCommands(app: JupyterFrontEnd, tabs: Tabs): void {
  app.commands.addCommand(COMMANDS.open, {
    label: args => (text(args, 'title') ? `Open ${text(args, 'title')}` : 'Open a record or dataset'),
    isVisible: args => text(args, 'id') !== '',
    execute: args => tabs.show(text(args, 'id'), text(args, 'title') || text(args, 'id'), 'RecordView', { record: text(args, 'id') })
  });
  app.commands.addCommand(COMMANDS.page, {
    label: args => pageOf(args).label,
    caption: args => pageOf(args).caption,
    icon: args => (args.isPalette ? undefined : limsIcon),
    execute: args => tabs.show(text(args, 'name') || 'records', pageOf(args).label, pageOf(args).component, {})
  });
  app.commands.addCommand(COMMANDS.restore, {
    isVisible: () => false,
    execute: args => {
      const [key, title] = [text(args, 'key'), text(args, 'title')];
      return app.commands.execute(key in PAGES ? COMMANDS.page : COMMANDS.open, { name: key, id: key, title });
    }
  });
  app.commands.addCommand(COMMANDS.browser, {
    label: args => `${pageOf(args).label}, in a browser tab of its own`,
    execute: args => void window.open(dashboardAddress(text(args, 'name') || 'records'), '_blank', 'noopener')
  });
}

export const documents: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-lims:documents',
  description: 'Records, datasets and pages in the main area; launcher cards and palette commands.',
  autoStart: true,
  optional: [ILabShell, ILauncher, ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell | null,
    launcher: ILauncher | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    if (!shell) {
      return;
    }
    const tabs = new Tabs(app);
    addCommands(app, tabs);
    Object.entries(PAGES).forEach(([name, { rank }]) => {
      launcher?.add({ command: COMMANDS.page, args: { name }, category: CATEGORY, rank });
      palette?.addItem({ command: COMMANDS.page, args: { name, isPalette: true }, category: CATEGORY });
    });
    ['session', 'records'].forEach(name => palette?.addItem({ command: COMMANDS.browser, args: { name }, category: CATEGORY }));
    void restorer?.restore(tabs.tracker, {
      command: COMMANDS.restore,
      args: tab => ({ key: keyOf(tab), title: tab.title.label }),
      name: tab => keyOf(tab)
    });
  }
};

function keyOf(tab: Tab): string {
  return tab.id.replace('lims-tab-', '');
}
