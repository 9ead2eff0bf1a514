// Passkeys: a form carries what the server asks for, the device answers, and the answer goes back in that form.
"use strict";

const form = document.querySelector("form[data-passkey]");

/** Say in plain words why nothing came. */
function reason(error) {
  if (error.name === "InvalidStateError") return "This device has a passkey for this account already.";
  if (error.name === "NotAllowedError") return "Nothing came from the device. Try it again, or go another way.";
  if (error.name === "SecurityError") return "Passkeys need HTTPS and a name: http://localhost, not a number, on your own machine.";
  return `This browser cannot do it: ${error.message}`;
}

/** Ask the device, and send what it says. */
async function ask() {
  const options = JSON.parse(form.dataset.options);
  try {
    const credential = form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    form.querySelector("[role=status]").textContent = reason(error);
  }
}

form?.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
if (form) ask();
