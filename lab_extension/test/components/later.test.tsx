import * as React from 'react';
import { createRoot } from 'react-dom/client';
import { expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';

import { later } from '../../src/components/later';
import { ui } from '../fixture/stage';

test('code that could not be loaded says so and is asked for again; once loaded it is drawn at once', async () => {
  let asked = 0;
  const Late = later(async () => {
    asked += 1;
    if (asked === 1) {
      throw new Error('Loading chunk 541 failed.');
    }
    return ({ name }: { name: string }) => <p>Hello {name}</p>;
  });
  const root = document.createElement('main');
  document.body.replaceChildren(root);
  const drawn = createRoot(root);
  drawn.render(<Late name="Ada" />);
  await expect.element(ui.getByRole('alert')).toHaveTextContent('This part of the interface could not be loaded. Reload the page');
  await userEvent.click(ui.getByRole('button', { name: 'Try again' }));
  await expect.element(ui.getByText('Hello Ada')).toBeVisible();
  drawn.render(<Late key="another" name="Grace" />);
  await expect.element(ui.getByText('Hello Grace')).toBeVisible();
  expect(asked).toBe(2);
  drawn.unmount();
});
