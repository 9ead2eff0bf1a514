// The interactive part of the API's page. Without it the page is still the whole documentation.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** Read a form: the address, headers and body of the request that it describes. */
function readRequest(form) {
  const query = new URLSearchParams();
  const headers = {};
  let path = form.dataset.path;
  for (const field of $$("[data-in]", form)) {
    const kind = field.dataset.in;
    if (kind === "path") path = path.replace(`{${field.name}}`, () => encodeURIComponent(field.value));
    else if (field.value && kind === "query") query.append(field.name, field.value);
    else if (field.value && kind === "header") headers[field.name] = field.value;
  }
  const body = $("textarea", form);
  if (body) headers["Content-Type"] = body.dataset.media;
  const search = query.toString();
  return {
    url: new URL(path + (search && `?${search}`), location.origin).href,
    method: form.dataset.method,
    headers,
    body: body?.value,
  };
}

/** Write the request as a command for a terminal; the token stays out of it. */
function writeCurl(request) {
  const method = { GET: "", HEAD: "--head " }[request.method] ?? `-X ${request.method} `;
  const lines = [`curl ${method}${quote(request.url)}`];
  for (const [name, value] of Object.entries(request.headers)) lines.push(`-H ${quote(`${name}: ${value}`)}`);
  if ($("#api-token")?.value) lines.push('-H "Authorization: Bearer $TOKEN"');
  if (request.body !== undefined) lines.push(`--data-raw ${quote(request.body)}`);
  return lines.join(" \\\n  ");
}

const showCurl = (form) => { $(".curl", form).textContent = writeCurl(readRequest(form)); };

/** Indent JSON; leave everything else as it came. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Send the request of a form and show what came back. */
async function send(form) {
  const { url, ...request } = readRequest(form);
  const token = $("#api-token")?.value;
  if (token) request.headers.Authorization = `Bearer ${token}`;
  const result = $(".result", form);
  result.textContent = "Sending …";
  $(".answer", form).hidden = true;
  try {
    const start = performance.now();
    const response = await fetch(url, request);
    const text = await response.text();
    const duration = Math.round(performance.now() - start);
    result.textContent = `${response.status} ${response.statusText} in ${duration} ms${text ? "" : ", no body"}`;
    result.dataset.ok = response.ok;
    $(".payload", form).textContent = pretty(text);
    $(".payload", form).hidden = !text;
    $(".headers", form).textContent = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    $(".answer", form).hidden = false;
  } catch (error) {
    result.textContent = `No answer: ${error.message}`;
    result.dataset.ok = false;
  }
}

/** Copy a form's command; where the clipboard is closed (plain HTTP) select it instead. */
async function copyCurl(form) {
  const source = $(".curl", form);
  const say = $(".copied", form);
  try {
    await navigator.clipboard.writeText(source.textContent);
    say.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    say.textContent = "Selected: copy it with the keyboard";
  }
}

/** Open what the address points at. */
function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.tagName === "DETAILS") {
    target.open = true;
    target.scrollIntoView();
  }
}

for (const element of $$("[data-script]")) element.hidden = false;

for (const form of $$("form.try")) {
  showCurl(form);
  form.addEventListener("input", () => { showCurl(form); $(".copied", form).textContent = ""; });
  form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
  $("[data-copy]", form).addEventListener("click", () => copyCurl(form));
}
$("#api-token")?.addEventListener("input", () => $$("form.try").forEach(showCurl));

for (const button of $$("[data-open-all]")) {
  button.addEventListener("click", () => {
    const all = $$(".operation", button.closest("section"));
    const open = all.some((details) => !details.open);
    for (const details of all) details.open = open;
    button.textContent = open ? "Close all" : "Open all";
  });
}

addEventListener("hashchange", openTarget);
openTarget();
