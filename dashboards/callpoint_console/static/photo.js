// Makes a photo smaller before it is sent: a basement has little signal. Where a browser cannot,
// the photo is sent as it is. Written for the browsers of messengers (ES2017).
"use strict";
(() => {
  const LONGEST = 1600; // pixels
  const QUALITY = 0.8;
  const field = document.getElementById("photo");
  if (!field || !window.DataTransfer || !window.createImageBitmap) return;
  field.addEventListener("change", async () => {
    const file = field.files[0];
    if (!file) return;
    try {
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const made = await new Promise((keep) => canvas.toBlob(keep, "image/jpeg", QUALITY));
      if (!made || made.size >= file.size) return;
      const smaller = new DataTransfer();
      smaller.items.add(new File([made], "photo.jpg", { type: "image/jpeg" }));
      field.files = smaller.files;
    } catch (error) {
      // The server judges what it gets.
    }
  });
})();
