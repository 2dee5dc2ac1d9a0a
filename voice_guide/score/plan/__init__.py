"""What happens when: a script unrolled, its breaths counted, its length fitted."""
