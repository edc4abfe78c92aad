// Marking a whole page of the queue; beginning a reason from a saved answer.
for (const all of document.querySelectorAll("[data-mark-all]")) {
  const boxes = () => all.closest("table").querySelectorAll("tbody input[type=checkbox]");
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
  });
}

for (const line of document.querySelectorAll("[data-answers]")) {
  line.hidden = false;
  const choice = line.querySelector("[data-answer-for]");
  const field = document.getElementById(choice.dataset.answerFor);
  choice.addEventListener("change", () => {
    if (!choice.value) return;
    field.value = field.value.trim() ? `${field.value.trim()}\n${choice.value}` : choice.value;
    choice.value = "";
    field.focus();
  });
}
