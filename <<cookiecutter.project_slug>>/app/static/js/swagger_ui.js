// Options: https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
"use strict";

const darkMode = matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.classList.toggle("dark-mode", darkMode);
SwaggerUIBundle({ dom_id: "#swagger-ui", url: document.querySelector("#swagger-ui").dataset.url, deepLinking: true });
