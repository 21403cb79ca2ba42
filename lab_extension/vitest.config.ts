import { execFileSync } from 'node:child_process';

import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

// Nothing said means Playwright's own.
const found = execFileSync('../.ci/browser', { encoding: 'utf8' }).trim();
const launchOptions = { executablePath: found || undefined, args: ['--no-sandbox'] };

export default defineConfig({
  define: { 'process.env.NODE_ENV': '"test"' },
  optimizeDeps: { include: ['react', 'react-dom/client', '@dagrejs/dagre', 'axe-core'] },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    testTimeout: 10_000,
    expect: { poll: { timeout: 5_000 } },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions }),
      instances: [{ browser: 'chromium', viewport: { width: 1200, height: 800 } }]
    }
  }
});
