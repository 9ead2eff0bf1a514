// Passkeys: a form holds the server's options; the response of the device is submitted in the same form.
"use strict";

const form = document.querySelector("form[data-passkey]");

/** Return a message for a failed request. */
function errorMessage(error) {
  if (error.name === "InvalidStateError") return "This device already has a passkey for this account.";
  if (error.name === "NotAllowedError") return "The request was cancelled or timed out. Try again, or use another way to sign in.";
  if (error.name === "SecurityError") return "Passkeys need HTTPS and a host name; for development use http://localhost, not an IP address.";
  return `This browser does not support it: ${error.message}`;
}

/** Request a credential from the device, and submit it. */
async function requestCredential() {
  const options = JSON.parse(form.dataset.options);
  try {
    const credential = form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    form.querySelector("[role=status]").textContent = errorMessage(error);
  }
}

form?.addEventListener("submit", (event) => { event.preventDefault(); requestCredential(); });
if (form) requestCredential();
