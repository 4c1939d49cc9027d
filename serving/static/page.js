// What the page does in the browser itself: pasting and dropping anywhere, dragging out a part of the picture, copying.
() => {
  const find = (selector) => document.querySelector(selector);

  // A new picture -------------------------------------------------------------------------------------------------
  const show = (file) => {
    const input = find('#picture input[type=file]');
    if (!input) return;
    const files = new DataTransfer();
    files.items.add(file);
    input.files = files.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };
  // The path of the picture that is shown or being read, and the failure that was to be seen when its reading began.
  let shown = null;
  let earlier = null;
  window.isShown = (picture) => {
    const path = picture?.path ?? null;
    const failure = find('#verdict [data-failure]')?.dataset.failure ?? null;
    const failed = failure !== null && failure !== earlier;
    if (path === shown && !failed) return true;
    shown = path;
    earlier = failure;
    forget();
    return false;
  };
  const pictureOf = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith('image/'));
  const isOpen = () => find('#picture')?.checkVisibility();

  document.addEventListener('paste', (event) => {
    const file = pictureOf(event.clipboardData);
    if (!file || !isOpen()) return;
    // Beside a text, office programs copy a picture of it.
    const isText = event.clipboardData.types.includes('text/plain');
    if (isText && event.target.matches?.('textarea, input[type=text]')) return;
    event.preventDefault();
    show(file);
  });
  document.addEventListener('dragover', (event) => isOpen() && event.preventDefault());
  document.addEventListener('drop', (event) => {
    const file = pictureOf(event.dataTransfer);
    if (!isOpen() || !file || event.defaultPrevented) return;
    event.preventDefault();
    show(file);
  });

  document.addEventListener('keydown', (event) => {
    // Gradio's own button opens the dialogue for the mouse only.
    if (event.key !== 'Enter' || !document.activeElement?.matches('#picture [aria-label^="Drop"]')) return;
    event.preventDefault();
    find('#picture input[type=file]').click();
  });

  // A part of the picture -----------------------------------------------------------------------------------------
  const frame = document.createElement('div');
  frame.id = 'crop-frame';
  let start = null;
  let part = null;

  const image = () => find('#picture img');
  const seen = () => {
    // The picture keeps its proportions within its element.
    const box = image().getBoundingClientRect();
    const { naturalWidth, naturalHeight } = image();
    const fit = Math.min(box.width / naturalWidth, box.height / naturalHeight);
    const scale = getComputedStyle(image()).objectFit === 'scale-down' ? Math.min(1, fit) : fit;
    const width = naturalWidth * scale;
    const height = naturalHeight * scale;
    return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height };
  };
  const share = (event) => {
    const { left, top, width, height } = seen();
    const within = (value) => Math.min(1, Math.max(0, value));
    return [within((event.clientX - left) / width), within((event.clientY - top) / height)];
  };
  const rectangle = ([x0, y0], [x1, y1]) => [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
  const draw = ([x0, y0, x1, y1]) => {
    const area = seen();
    const parent = find('#picture').getBoundingClientRect();
    find('#picture').append(frame);
    frame.style.left = `${area.left - parent.left + x0 * area.width}px`;
    frame.style.top = `${area.top - parent.top + y0 * area.height}px`;
    frame.style.width = `${(x1 - x0) * area.width}px`;
    frame.style.height = `${(y1 - y0) * area.height}px`;
  };
  const redraw = () => (part && image() ? draw(part) : frame.remove());
  const ask = (text) => {
    const field = find('#crop textarea, #crop input');
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    find('#whole').hidden = !text;
    shown = undefined; // a part of it: the same picture, chosen again, is read as a whole
  };
  const forget = () => {
    part = null;
    redraw();
    if (find('#whole')) find('#whole').hidden = true;
  };

  document.addEventListener('pointerdown', (event) => {
    if (event.target !== image() || event.button !== 0) return;
    event.preventDefault();
    start = share(event);
  });
  document.addEventListener('pointermove', (event) => start && draw(rectangle(start, share(event))));
  document.addEventListener('pointerup', (event) => {
    if (!start) return;
    const drawn = rectangle(start, share(event));
    start = null;
    const { width, height } = seen();
    const large = (drawn[2] - drawn[0]) * width > 8 && (drawn[3] - drawn[1]) * height > 8;
    if (!large) return redraw();
    part = drawn;
    ask(part.map((value) => value.toFixed(4)).join(','));
  });
  document.addEventListener('click', (event) => {
    if (event.target.id !== 'whole') return;
    forget();
    ask('');
  });
  document.addEventListener('dragstart', (event) => event.target === image() && event.preventDefault());
  document.addEventListener('load', (event) => event.target === image() && forget(), true);
  window.addEventListener('resize', redraw);

  // Copying -------------------------------------------------------------------------------------------------------
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers lend the clipboard to pages from https or this machine only; the old way works everywhere.
      const area = document.createElement('textarea');
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
  };
  window.copyFormula = async (written, name) => {
    const text = (typeof written === 'string' ? JSON.parse(written) : written)?.[name];
    if (!text) return;
    await copy(text);
    const button = find(`#copy-${name}`);
    if (button.classList.contains('copied')) return;
    const label = button.textContent;
    button.textContent = 'Copied';
    button.classList.add('copied');
    setTimeout(() => {
      button.textContent = label;
      button.classList.remove('copied');
    }, 1200);
  };
}
