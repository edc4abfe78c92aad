// A colour picker beside each field that takes a colour, on the product's own while none is chosen. The field is what is
// sent; without script it is typed in.
for (const field of document.querySelectorAll('[data-colour]')) {
  const picker = document.createElement('input');
  picker.type = 'color';
  picker.className = 'our-site-picker';
  picker.setAttribute('aria-label', document.querySelector(`label[for="${field.id}"]`)?.textContent ?? '');
  const follow = () => { picker.value = /^#[0-9a-f]{6}$/i.test(field.value) ? field.value : field.dataset.colour; };
  follow();
  field.addEventListener('input', follow);
  picker.addEventListener('input', () => { field.value = picker.value; });
  field.after(picker);
}
