// Every page works without this file; it adds what only a browser knows or can do.
"use strict";

/** Enhance the page that is shown; call it again after replacing a part of it. */
function enhance() {
  // Times in the time zone and language of the reader.
  for (const time of document.querySelectorAll("time")) {
    time.title = time.dateTime;
    const moment = new Date(time.dateTime.replace(" ", "T"));
    time.textContent = moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  }

  // The first invalid field of a form.
  document.querySelector("[aria-invalid]")?.focus();

  // Buttons that copy a text; browsers allow it on HTTPS and localhost only.
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.onclick = async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).innerText);
      button.textContent = "Copied";
    };
  }
}
enhance();

// A dialog closes when the focus leaves it: what it covers must not be operated unseen.
document.addEventListener("focusin", ({ target }) => {
  const dialog = document.querySelector("[popover]:popover-open");
  if (dialog && !dialog.contains(target)) dialog.hidePopover();
});
# <% if cookiecutter.api != "none" %>

// The page of the API: https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
document.addEventListener("DOMContentLoaded", () => {
  const page = document.querySelector("#swagger-ui");
  if (!page) return;
  document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);
  SwaggerUIBundle({ dom_id: "#swagger-ui", url: page.dataset.url, deepLinking: true });
});
# <% endif %>
