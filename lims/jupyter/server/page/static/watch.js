// Watches over a dashboard's connection to its kernel. JupyterLab's own code gives up after seven tries, silently;
// here a banner says what is wrong, and trying goes on. What was typed is kept by the components themselves.
(() => {
  const STEADY_MS = 5000;
  const LOOK_EVERY = 3;
  const SLEPT_MS = 15000;
  const ANSWER_MS = 4000;
  const AGAIN_MS = 3000;
  const OPEN_MS = 30000;
  const LOST = 'Connection lost. Trying again… What you typed is kept.';
  const KEPT = 'What you typed is kept.';

  let kernel, base, later;
  let isChecking = false;
  let state = 'opening';

  function banner() {
    let element = document.getElementById('lims-connection');
    if (!element) {
      element = document.createElement('div');
      element.id = 'lims-connection';
      element.setAttribute('role', 'alert');
      document.body.append(element);
    }
    return element;
  }

  function show(next, text = '') {
    if (state === 'gone' || state === next) {
      return;
    }
    state = next;
    document.documentElement.dataset.limsConnection = next;
    const element = banner();
    element.hidden = next === 'connected';
    if (element.textContent !== text) {
      element.textContent = text;
    }
    if (next === 'gone') {
      const button = document.createElement('button');
      button.textContent = 'Reload';
      button.onclick = () => location.reload();
      element.append(button);
    }
  }

  function xsrf() {
    const found = document.cookie.match(/\b_xsrf=([^;]*)/);
    return found ? found[1] : '';
  }

  function askServer() {
    return fetch(`${base}api/kernels/${kernel.id}?no_track_activity=1&at=${Date.now()}`, {
      headers: { 'X-XSRFToken': xsrf() },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS)
    });
  }

  /** Whether the kernel answers through the websocket; a half-open one looks connected and is not. */
  function kernelAnswers() {
    const answer = kernel.requestKernelInfo().then(() => true, () => false);
    return Promise.race([answer, new Promise(done => setTimeout(() => done(kernel.status === 'busy'), ANSWER_MS))]);
  }

  /** isThorough: ask the kernel too, which the server counts as activity; the steady look must not. */
  async function check(isThorough = true) {
    if (!kernel || isChecking || state === 'gone') {
      return;
    }
    isChecking = true;
    try {
      const response = await askServer();
      if (response.status === 404) {
        show('gone', `This page was closed on the server. ${KEPT} `);
      } else if (response.status === 401 || response.status === 403 || response.type === 'opaqueredirect') {
        show('gone', `You have been signed out. ${KEPT} Sign in again: `);
      } else if (kernel.connectionStatus !== 'connected') {
        await kernel.reconnect();
      } else if (!isThorough || (await kernelAnswers())) {
        show('connected');
      } else {
        show('lost', LOST);
        await kernel.reconnect();
      }
    } catch {
      show('lost', LOST);
      again();
    } finally {
      isChecking = false;
    }
  }

  function again(after = AGAIN_MS) {
    clearTimeout(later);
    later = setTimeout(() => check(), after);
  }

  function watch(found) {
    kernel = found;
    base = JSON.parse(document.getElementById('jupyter-config-data').textContent).baseUrl;
    kernel.connectionStatusChanged.connect((_, status) => {
      if (status === 'connected') {
        again(100);
      } else {
        show('lost', LOST);
        again();
      }
    });
    kernel.statusChanged.connect((_, status) => {
      if (/restarting|dead|terminating/.test(status)) {
        show('gone', `The program behind this page has stopped. ${KEPT} `);
      }
    });
    if (kernel.connectionStatus === 'connected') {
      show('connected');
    } else {
      again();
    }
  }

  const began = Date.now();
  const looking = setInterval(() => {
    const found = window.jupyterapp?.widgetManager?.kernel;
    if (document.querySelector('.lims-Failed')) {
      clearInterval(looking);
    } else if (found) {
      clearInterval(looking);
      watch(found);
    } else if (Date.now() - began > OPEN_MS) {
      clearInterval(looking);
      document.getElementById('loading')?.remove();
      show('gone', 'The page did not finish opening. ');
    }
  }, 100);

  let last = Date.now();
  let looks = 0;
  setInterval(() => {
    const now = Date.now();
    looks += 1;
    if (now - last > SLEPT_MS) {
      check();
    } else if (looks % LOOK_EVERY === 0 && !document.hidden) {
      check(false);
    }
    last = now;
  }, STEADY_MS);
  addEventListener('online', () => check());
  addEventListener('pageshow', () => check());
  document.addEventListener('visibilitychange', () => document.hidden || check());
})();
