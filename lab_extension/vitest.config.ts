import { existsSync } from 'node:fs';

import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

// Debian's browser where there is one; otherwise Playwright's own.
const debian = process.env.CHROMIUM ?? '/usr/bin/chromium';
const launchOptions = { executablePath: existsSync(debian) ? debian : undefined, args: ['--no-sandbox'] };

export default defineConfig({
  define: { 'process.env.NODE_ENV': '"test"' },
  optimizeDeps: { include: ['react', 'react-dom/client', '@dagrejs/dagre', 'axe-core'] },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    testTimeout: 10_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions }),
      instances: [{ browser: 'chromium', viewport: { width: 1200, height: 800 } }]
    }
  }
});
