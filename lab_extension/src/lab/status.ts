/** In the status bar: the session that the person has open, and for how long. */
import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { Widget } from '@lumino/widgets';

import { elapsed } from '../components/times';
import type { Api, Session } from '../tokens';
import { COMMANDS } from './documents';
import { serverApi } from './lims';

const EVERY_MS = 30_000;

class OpenSession extends Widget {
  private readonly button = document.createElement('button');
  private readonly timer: ReturnType<typeof setInterval>;
  private session: Session | undefined;

  constructor(
    private readonly api: Api,
    onPress: () => void
  ) {
    super();
    this.addClass('lims-StatusItem');
    this.button.type = 'button';
    this.button.onclick = onPress;
    this.node.append(this.button);
    this.timer = setInterval(() => void this.look(), EVERY_MS);
    void this.look();
  }

  override dispose(): void {
    clearInterval(this.timer);
    super.dispose();
  }

  private async look(): Promise<void> {
    try {
      const [me, place] = await Promise.all([this.api.call('me', {}), this.api.call('place', {})]);
      this.session = place.open_sessions.find(one => one.user === me.name || one.operator === me.name);
    } catch {
      // Without the service there is nothing to say; the panels say what is wrong.
      this.session = undefined;
    }
    this.draw();
  }

  private draw(): void {
    const { session } = this;
    this.node.hidden = session === undefined;
    if (session) {
      const time = elapsed(session.start, Date.now()).slice(0, -3);
      this.button.textContent = `● ${session.instrument} ${session.state === 'paused' ? 'paused' : time}`;
      this.button.title = `Your session on ${session.instrument}${session.title ? `: ${session.title}` : ''}`;
    }
  }
}

export const status: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-lims:status',
  description: 'The open session in the status bar.',
  autoStart: true,
  optional: [ILabShell, IStatusBar],
  activate: (app: JupyterFrontEnd, shell: ILabShell | null, bar: IStatusBar | null) => {
    if (shell && bar) {
      const item = new OpenSession(serverApi(), () => void app.commands.execute(COMMANDS.page, { name: 'session' }));
      bar.registerStatusItem('jupyter-lims:session', { item, align: 'left', rank: 50 });
    }
  }
};
