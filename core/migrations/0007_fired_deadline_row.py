from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0006_proofs")]

    operations = [
        migrations.AddField(
            model_name="fireddeadline",
            name="deadline_id",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
    ]
