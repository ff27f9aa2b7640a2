const ICON =
  '<svg width="16" height="16" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">' +
  '<path d="M10 14a5 5 0 0 0 7 0l3-3a5 5 0 0 0-7-7l-1 1M14 10a5 5 0 0 0-7 0l-3 3a5 5 0 0 0 7 7l1-1"/></svg>';

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const status = parentElement.querySelector("span");
  const show = (text) => {
    button.innerHTML = ICON;
    const words = document.createElement("b");
    words.textContent = text;
    button.append(words);
    button.setAttribute("aria-label", text); // a narrow window shows the icon alone
  };
  if (!button.innerHTML) show(data.label);
  button.title = data.title;
  button.disabled = data.off;
  button.classList.toggle("wide", data.wide);
  button.onclick = async () => {
    const copied = await copy(addressWith(data.adds));
    show(copied ? "Copied" : "Not allowed");
    status.textContent = copied ? "The link was copied." : "The browser does not allow it: copy the address bar instead.";
    button.title = copied ? data.title : status.textContent;
    setTimeout(() => show(data.label), 2500);
  };
}

function addressWith(adds) {
  const address = new URL(window.location.href);
  for (const [name, value] of Object.entries(adds)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  return address.href;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // without HTTPS there is no clipboard
  }
}

function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.cssText = "position: fixed; opacity: 0";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
