/** A Lumino widget around one component, drawn when it is first shown. */
import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { App } from '../mount';
import type { Api, Host } from '../tokens';

export class ComponentWidget extends ReactWidget {
  private wasShown = false;

  constructor(
    private readonly component: string,
    private readonly api: Api,
    private readonly host: Host
  ) {
    super();
    this.addClass('lims-Widget');
  }

  protected override onBeforeShow(message: Message): void {
    super.onBeforeShow(message);
    this.draw();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) {
      this.draw();
    }
  }

  private draw(): void {
    if (!this.wasShown) {
      this.wasShown = true;
      this.update();
    }
  }

  protected override render(): JSX.Element | null {
    return this.wasShown ? <App component={this.component} api={this.api} host={this.host} /> : null;
  }
}
